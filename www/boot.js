// Starts the page's module. The engine's is started by the page, once the lock is on.
import start from "./app.js";
import "./attempts.js";
import "./close.js";
import { keepOffer } from "./install.js";

globalThis.hielight = {};
keepOffer();
try {
  await start({ module_or_path: "./app_bg.wasm" });
} catch (error) {
  // A browser that cannot even compile the module: said without it.
  if (error instanceof WebAssembly.CompileError) document.getElementById("unsupported").hidden = false;
  throw error;
}
