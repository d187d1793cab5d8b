// Instruments inside the page, there before any of its own scripts: when frames arrive, when rows show them.
(() => {
  const WAY = [
    "SUBMITTED",
    "ACCEPTED_BY_STORE",
    "IN_KITCHEN",
    "READY_FOR_PICKUP",
    "PICKED_UP_BY_DRIVER",
    "OUT_FOR_DELIVERY",
    "DELIVERED",
    "COMPLETED",
  ];
  const bench = {
    /** Data frames so far. */
    frames: 0,
    /**
     * Events that were seen from their frame to the screen: written (by the cloud's clock), arrived, drawn, painted; and how
     * many of the browser's frames that took: one is the first that began after the arrival.
     */
    seen: [],
    /** Events that were on the screen before they arrived, by way. */
    known: { orders: 0, mqtt: 0 },
    /** Whether events are followed to the screen. */
    following: false,
    /** The page's wasm memory. */
    memory: null,
    /** How long wasm took to be compiled and instantiated, in milliseconds. */
    wasm: null,
    /** The page's wasm, unpacked. */
    code: null,
    /** When the first row was there. */
    firstRow: null,
    /** When the orders were live first. */
    firstLive: null,
    /** What the table told, after each change: `[time, live, text]`. */
    history: [],
    recording: false,
  };
  globalThis.bench = bench;
  const wall = () => performance.timeOrigin + performance.now();

  // By table and order, the events that no row shows yet, each with its place on the way.
  const waiting = new Map();
  let drawn = [];

  /** An order's event arrived, by one of the ways; where that way has no table, nothing is to be seen of it. */
  function came(way, order) {
    bench.frames += 1;
    if (!bench.following || !document.querySelector(`[data-testid="${way}-table"]`)) return;
    const place = WAY.indexOf(order.status);
    const row = document.querySelector(`[data-testid="${way}-table"] tr[data-order-id="${order.orderId}"]`);
    // A row that was looked up may know it already: then there is nothing to wait for.
    if (row && WAY.indexOf(row.getAttribute("data-status")) >= place) return void (bench.known[way] += 1);
    const event = {
      way,
      place,
      written: Date.parse(order.updatedAt ?? order.createdAt),
      arrived: wall(),
      frame,
    };
    const key = `${way} ${order.orderId}`;
    const events = waiting.get(key);
    events ? events.push(event) : waiting.set(key, [event]);
  }

  /** Reads the packets of an MQTT 5 socket; one may end in a later frame than it began in. */
  function packets() {
    const text = new TextDecoder();
    let bytes = new Uint8Array();
    /** A variable byte integer, and where it ends; none if it goes on in another frame. */
    const variable = (at) => {
      for (let value = 0, shift = 0; at < bytes.length; shift += 7) {
        value |= (bytes[at] & 127) << shift;
        if (bytes[at++] < 128) return [value, at];
      }
    };
    return (data) => {
      bytes = Uint8Array.from([...bytes, ...new Uint8Array(data)]);
      for (;;) {
        const [length, from] = variable(1) ?? [];
        if (from === undefined || from + length > bytes.length) return;
        // A PUBLISH: its topic, with QoS above 0 its number, its properties, and then what was published.
        if (bytes[0] >> 4 === 3) {
          const topic = from + 2 + ((bytes[from] << 8) | bytes[from + 1]);
          const [properties, after] = variable(topic + (bytes[0] & 6 ? 2 : 0));
          if (text.decode(bytes.subarray(from + 2, topic)) === "orders/events")
            came("mqtt", JSON.parse(text.decode(bytes.subarray(after + properties, from + length))));
        }
        bytes = bytes.slice(from + length);
      }
    };
  }

  const Native = globalThis.WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(...words) {
      super(...words);
      const read = packets();
      this.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer) return read(data);
        if (typeof data !== "string" || !data.includes('"type":"data"')) return;
        const order = JSON.parse(data).payload?.data?.onCreateOrUpdateOrder;
        if (order) came("orders", order);
      });
    }
  };

  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (code, imports) => {
    bench.code = code;
    const from = performance.now();
    const result = await instantiate.call(WebAssembly, code, imports);
    bench.wasm = performance.now() - from;
    const { exports } = result.instance;
    bench.memory = Object.values(exports).find((it) => it instanceof WebAssembly.Memory) ?? null;
    return result;
  };

  /** Notes the events that a row tells by now. One that came and went between two looks was overtaken: it counts. */
  function look(row) {
    const way = row.closest("[data-testid]").dataset.testid.replace("-table", "");
    const key = `${way} ${row.getAttribute("data-order-id")}`;
    const events = waiting.get(key);
    if (!events) return;
    const place = WAY.indexOf(row.getAttribute("data-status"));
    const left = events.filter((event) => event.place > place);
    if (left.length === events.length) return;
    for (const event of events) if (event.place <= place) drawn.push({ ...event, drawn: wall() });
    left.length ? waiting.set(key, left) : waiting.delete(key);
  }

  // The task after a frame's callbacks comes once that frame has been laid out and painted: what was drawn by then is
  // on the screen, whether a callback drew it or a task before.
  const after = new MessageChannel();
  let inFrame = false;
  // The browser's frames, counted.
  let frame = 0;
  after.port1.onmessage = () => {
    inFrame = false;
    const painted = wall();
    for (const event of drawn) bench.seen.push({ ...event, painted, frames: frame - event.frame });
    drawn = [];
  };
  const nativeFrame = globalThis.requestAnimationFrame.bind(globalThis);
  const count = () => {
    frame += 1;
    nativeFrame(count);
  };
  /** From now on events are followed to the screen. */
  bench.follow = () => {
    bench.seen = [];
    bench.known = { orders: 0, mqtt: 0 };
    if (!bench.following) nativeFrame(count);
    bench.following = true;
  };
  globalThis.requestAnimationFrame = (callback) =>
    nativeFrame((at) => {
      if (!inFrame) after.port2.postMessage(null);
      inFrame = true;
      callback(at);
    });

  const rows = () => document.querySelectorAll("tr[data-order-id]");
  const live = () => document.querySelector('[data-testid="link"][data-link="orders"]')?.dataset.state === "live";
  bench.tells = () =>
    [...rows()].map((row) => `${row.getAttribute("data-order-id")} ${row.getAttribute("data-status")}`).join("\n");

  new MutationObserver((records) => {
    if (bench.firstRow === null && document.querySelector("tr[data-order-id]")) bench.firstRow = performance.now();
    if (bench.firstLive === null && live()) bench.firstLive = performance.now();
    if (bench.recording) bench.history.push([wall(), live(), bench.tells()]);
    if (!bench.following) return;
    const before = drawn.length;
    for (const { target, addedNodes } of records) {
      if (target.nodeName === "TR") look(target);
      for (const node of addedNodes) if (node.nodeName === "TR") look(node);
    }
    if (before === 0 && drawn.length > 0 && !inFrame) requestAnimationFrame(() => {});
  }).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-status", "data-state"],
  });

  /** The intervals between this page's frames, for so long. */
  bench.intervals = (ms) =>
    new Promise((resolve) => {
      const intervals = [];
      let first = null;
      let last = null;
      const step = (at) => {
        if (last !== null) intervals.push(at - last);
        first ??= at;
        last = at;
        at - first < ms ? requestAnimationFrame(step) : resolve(intervals);
      };
      requestAnimationFrame(step);
    });
  /** What painting takes at least: a text that changes at a rate, and when each change is on the screen. */
  bench.floor = (rate, ms) =>
    new Promise((resolve) => {
      const text = document.body.appendChild(document.createElement("p"));
      const after = new MessageChannel();
      const [batches, took] = [[], []];
      let changed = [];
      after.port1.onmessage = () => batches.shift().forEach((at) => took.push(performance.now() - at));
      const ticking = setInterval(() => {
        text.textContent = changed.push(performance.now());
        if (changed.length > 1) return;
        requestAnimationFrame(() => {
          batches.push(changed);
          changed = [];
          after.port2.postMessage(null);
        });
      }, 1_000 / rate);
      setTimeout(() => (clearInterval(ticking), resolve(took)), ms);
    });
  /** How many of a way's events no row shows yet. */
  bench.waiting = (way) => [...waiting.values()].flat().filter((event) => event.way === way).length;
})();
