
import { readFileSync, writeFileSync } from "node:fs";

for (const file of process.argv.slice(2)) {
  const { buffer } = new Uint8Array(readFileSync(file));
  writeFileSync(`${file}.wasm`, unpack(buffer));
}
