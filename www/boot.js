// Starts the page's module. The engine's is started by the page, once the lock is on.
import start from "./app.js";
import "./attempts.js";
import "./close.js";
import { keepOffer } from "./install.js";

// The smallest module with an instruction of WebAssembly's SIMD.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);
globalThis.hielight = {};
keepOffer();
try {
  await start({ module_or_path: "./app_bg.wasm" });
} catch (error) {
  // Said without the module: a browser that cannot compile it, or a module that arrived damaged.
  const compiles = WebAssembly.validate(SIMD);
  if (error instanceof WebAssembly.CompileError && !compiles) document.getElementById("unsupported").hidden = false;
  else document.getElementById("incomplete").classList.add("now");
  throw error;
}
