// What people write into chats who want to know what happens: each of these is to be shown as the text that it is.

/** Would leave a trace in the page if it ran. */
const TRACE = "window.pwned=1";

const PAYLOADS = [
  `<script>${TRACE}</script>`,
  `<ScRiPt src=data:text/javascript,${TRACE}></sCrIpT>`,
  `<img src=x onerror=${TRACE}>`,
  `<img src=x:x onerror\n=${TRACE}>`,
  `<svg onload=${TRACE}>`,
  `<svg><script>${TRACE}</script></svg>`,
  `<svg><animate onbegin=${TRACE} attributeName=x dur=1s>`,
  `<iframe src="javascript:parent.${TRACE}"></iframe>`,
  `<iframe srcdoc="<script>parent.${TRACE}</script>">`,
  `<body onload=${TRACE}>`,
  `<details open ontoggle=${TRACE}>`,
  `<video><source onerror=${TRACE}></video>`,
  `<input autofocus onfocus=${TRACE}>`,
  `<select autofocus onfocus=${TRACE}>`,
  `<math><mi xlink:href="javascript:${TRACE}">x</mi></math>`,
  `<a href="javascript:${TRACE}">film</a>`,
  `<a href="data:text/html,<script>${TRACE}</script>">film</a>`,
  `<form action="javascript:${TRACE}"><button>x</button></form>`,
  `<object data="javascript:${TRACE}"></object>`,
  `<embed src="javascript:${TRACE}">`,
  `<link rel=stylesheet href="data:text/css,*{display:none}">`,
  `<style>*{display:none!important}</style>`,
  `<base href="https://example.invalid/">`,
  `<meta http-equiv=refresh content="0;url=javascript:${TRACE}">`,
  `<template><script>${TRACE}</script></template>`,
  `<marquee onstart=${TRACE}>x</marquee>`,
  `javascript:${TRACE}`,
  `&lt;script&gt;${TRACE}&lt;/script&gt;`,
  `&#60;script&#62;${TRACE}&#60;/script&#62;`,
  `\\u003cscript\\u003e${TRACE}`,
  `%3Cscript%3E${TRACE}%3C/script%3E`,
  `{{constructor.constructor('${TRACE}')()}}`,
  `\${${TRACE}}`,
  `__proto__[pwned]=1`,
];

/** Ways out of wherever a text might have been put. */
const BREAKS = ["", `">`, `'>`, `--></style></script>`, "]]>", "`}*/;"];

const TRICKS = [
  "\u202Egnirts desrever\u202C",
  "\u2066\u2067\u2068 isolates that nobody ends",
  "\u202D\u202E\u202D\u202E never ended",
  "שלום hello עולם",
  "مرحبا 123 (abc) نص",
  "\u200B\u200C\u200D\u2060\uFEFF",
  "zero\u200Bwidth\u200Din\u2060side",
  "👩‍👩‍👧‍👦 🏴‍☠️ 🇪🇺 👍🏽",
  "🧑‍🚀".repeat(60),
  "Z̷̨͍̙͎̈́a̶̡̛̼l̵̢̈́g̸̡̛o̷".repeat(8),
  "a" + "\u0301".repeat(300),
  "\u{1F600}".repeat(250),
  "ﷺ".repeat(40),
  "\u2028line\u2029separators",
  "tab\tand\nlines\nand\nmore",
  "x".repeat(500),
  "\u3000ideographic\u3000spaces",
  "ı İ ß ſ ﬃ Ǆ",
  "\uD7FF\uE000\uFFFD",
  "null undefined NaN [object Object]",
  "'; DROP TABLE movies; --",
  '{"$ne": null}',
  "../../../../etc/passwd",
  "%s%n%x {0} {}",
  "=HYPERLINK(\"http://example.invalid\")",
];

export const HOSTILE = [...BREAKS.flatMap((out) => PAYLOADS.map((payload) => out + payload)), ...TRICKS];
