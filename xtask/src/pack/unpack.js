/** Bytes, to be read or written from the front. */
class Bytes {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  read() {
    if (this.at >= this.bytes.length) throw new Error("the packed module ends early");
    return this.bytes[this.at++];
  }

  /** A number in LEB128. */
  number() {
    let [value, shift, byte] = [0, 0];
    do {
      byte = this.read();
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return value;
  }

  write(byte) {
    this.bytes[this.at++] = byte;
  }

  /** Writes a number in LEB128; `last` is the largest that may be the last byte. */
  writeNumber(value, last = 127) {
    for (; value > last; value >>= 7) this.write((value & 127) | 128);
    this.write(value);
  }

  /** Writes the number that another one has next. */
  copyNumber(from) {
    let byte;
    do this.write((byte = from.read()));
    while (byte > 127);
  }

  append(bytes) {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

/** How many parameters each function has, from the sections of types and of functions. */
function parameters(head) {
  const [types, functions] = [[], []];
  head.at = 8;
  while (head.at < head.bytes.length) {
    const section = head.read();
    const size = head.number();
    const end = head.at + size;
    if (section === 1 || section === 3) {
      for (let count = head.number(); count > 0; count--) {
        if (section === 3) functions.push(types[head.number()]);
        else {
          head.read();
          const taken = head.number();
          types.push(taken);
          head.at += taken;
          const returned = head.number();
          head.at += returned;
        }
      }
    }
    head.at = end;
  }
  return functions;
}

/** The module of a packed file. What stands where is told in pack/streams.rs, and how in pack/encode.rs. */
function unpack(file) {
  const header = new DataView(file);
  let end = 4 * 17;
  const streams = Array.from({ length: 16 }, (_, stream) => {
    const [start, length] = [end, header.getUint32(4 + 4 * stream, true)];
    end += length;
    return new Bytes(new Uint8Array(file, start, length));
  });
  const [head, after, words, declarations, codes, locals, indices, calls] = streams;
  const [loads, stores, sums, numbers, addresses, longs, tables, rare] = streams.slice(8);

  // By opcode: where its operand stands, as one number or as so many bytes.
  const [numbered, counted] = [Array(256).fill(null), Array(256).fill(null)];
  for (const opcode of [2, 3, 4, 0xc, 0xd, 0x23, 0x24]) numbered[opcode] = indices;
  for (const opcode of [0x11, 0x1c, 0x25, 0x26, 0x3f, 0x40, 0x43, 0x44, 0xd0, 0xd2, 0xfc]) counted[opcode] = rare;
  [numbered[0x10], numbered[0x41], numbered[0x42], counted[0xe]] = [calls, numbers, longs, tables];
  numbered.fill(loads, 0x28, 0x36).fill(stores, 0x36, 0x3f);
  // By code: its opcode, and its operand if that goes without saying.
  const opcodes = Array.from({ length: 256 }, (_, code) => code);
  const known = Array(256).fill(-1);
  // A constant that is an address.
  opcodes[0xd7] = 0x41;
  for (let word = 0; word < words.bytes.length / 2; word++) {
    opcodes[0xd8 + word] = words.bytes[2 * word];
    known[0xd8 + word] = words.bytes[2 * word + 1];
  }

  const module = new Bytes(new Uint8Array(header.getUint32(0, true)));
  const body = new Bytes(new Uint8Array(module.bytes.length));
  // The locals of the function that were used so far, the last used first.
  let recent;

  /** Writes the local that was used so long ago, or a new one. */
  function writeLocal(rank) {
    const place = rank ? rank - 1 : recent.length;
    const local = rank ? recent[place] : place;
    for (let at = place; at > 0; at--) recent[at] = recent[at - 1];
    recent[0] = local;
    body.writeNumber(local);
  }

  /**
   * Writes the next instruction and returns by how much it is deeper behind it. A function of its own, since a browser
   * makes one that is called often fast sooner than a loop that goes on.
   */
  function writeInstruction() {
    const code = codes.read();
    const opcode = opcodes[code];
    const operand = known[code];
    body.write(opcode);
    if (opcode >= 0x20 && opcode <= 0x22) writeLocal(operand < 0 ? locals.number() : operand);
    else if (code === 0xd7) body.writeNumber(0x100000 | (addresses.read() << 8) | addresses.read(), 63);
    else if (operand >= 0) body.write(operand);
    else if (numbered[opcode]) {
      if (opcode >= 0x28 && opcode <= 0x3e) body.write(0);
      const next = codes.bytes[codes.at];
      body.copyNumber(opcode === 0x41 && (next === 0x6a || next === 0x6b) ? sums : numbered[opcode]);
    } else if (counted[opcode])
      for (let left = counted[opcode].number(); left > 0; left--) body.write(counted[opcode].read());
    return opcode >= 2 && opcode <= 4 ? 1 : opcode === 0xb ? -1 : 0;
  }

  module.append(head.bytes);
  for (const count of parameters(head)) {
    body.at = 0;
    const runs = declarations.number();
    body.writeNumber(runs);
    for (let run = 0; run < runs; run++) {
      body.copyNumber(declarations);
      body.write(declarations.read());
    }
    recent = Array.from({ length: count }, (_, local) => local);
    for (let depth = 1; depth > 0; ) depth += writeInstruction();
    module.writeNumber(body.at);
    module.append(body.bytes.subarray(0, body.at));
  }
  module.append(after.bytes);
  return module.bytes;
}
