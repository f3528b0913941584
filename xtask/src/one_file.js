// The one file's start: its parts stand in the page, compressed, as windows-1252.
const LETTERS = new Map(
  [...new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))].map((letter, byte) => [
    letter.charCodeAt(0),
    byte,
  ]),
);

/** The bytes of a part: `=` and a letter stand for the byte 64 before it. */
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const byte = code < 128 ? code : LETTERS.get(code);
    if (byte === 61) bytes[length++] = text.charCodeAt((at += 1)) - 64;
    else bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

/** The file of that name as the site has it; it can be taken once. */
async function file(name) {
  const element = document.querySelector(`script[data-file="${name}"]`);
  if (!element) throw new Error(`${name} is missing in this file`);
  const packed = bytesOf(element.textContent);
  element.remove();
  if (name.endsWith(".gz")) return packed.slice().buffer;
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

globalThis.hielight = { file };
try {
  await __wbg_init({ module_or_path: await file("app_bg.wasm") });
} catch (error) {
  // As in boot.js: a browser that cannot even compile the module.
  if (error instanceof WebAssembly.CompileError) document.getElementById("unsupported").hidden = false;
  throw error;
}
