// Tries every way out that page and worker have, one after the other, with the word "test" as freight. A way
// counts as refused only if the browser reports that its policy refused it: a server that does not answer, or a
// name that does not exist, is no proof.

/** How long the browser's report may follow an attempt's end. It comes within milliseconds. */
const REPORT_MS = 400;
/** How long an attempt may take that neither succeeds, nor fails, nor is reported. */
const ATTEMPT_MS = 4000;

const after = (ms, value) => new Promise((done) => setTimeout(done, ms, value));
const happens = (target, good, bad) =>
  new Promise((done, failed) => {
    target.addEventListener(good, done, { once: true });
    target.addEventListener(bad, failed, { once: true });
  });

const WAYS = {
  fetch: (address) => fetch(address, { method: "POST", mode: "no-cors", body: "test" }),
  XMLHttpRequest: (address) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    const end = happens(request, "load", "error");
    request.send("test");
    return end;
  },
  beacon: async (address) => {
    if (!navigator.sendBeacon(address, "test")) throw new Error("not taken");
  },
  WebSocket: (address) => happens(new WebSocket(address.replace(/^http/, "ws")), "open", "error"),
  EventSource: (address) => happens(new EventSource(address), "open", "error"),
  image: (address) => {
    const image = new Image();
    const end = happens(image, "load", "error");
    image.src = address;
    return end;
  },
};
const NEEDS = {
  beacon: () => "sendBeacon" in navigator,
  image: () => "Image" in globalThis,
  // Taken away from the engine: Firefox refuses it there without reporting it.
  EventSource: () => "EventSource" in globalThis,
};

async function attempt(way, address) {
  let reported;
  const report = new Promise((done) => (reported = () => done("refused")));
  addEventListener("securitypolicyviolation", reported);
  try {
    const work = Promise.resolve().then(() => WAYS[way](address));
    const end = work.then(() => "open", () => "failed");
    const settled = end.then(async (verdict) => Promise.race([report, after(REPORT_MS, verdict)]));
    const verdict = await Promise.race([report, settled, after(ATTEMPT_MS, "failed")]);
    // Wholly over before the next begins: in Firefox (153) a worker's WebSocket that is made while its XMLHttpRequest
    // is ending stops worker and page for good.
    await Promise.race([end, after(ATTEMPT_MS)]);
    return verdict;
  } finally {
    removeEventListener("securitypolicyviolation", reported);
  }
}

/** `[{ way, address, verdict }]`, verdict being "refused", "open", or "failed" (but not by the policy). */
globalThis.tryToSend = async (addresses) => {
  const results = [];
  for (const address of addresses) {
    for (const way of Object.keys(WAYS)) {
      if (NEEDS[way]?.() === false) continue;
      // To a file: address no browser makes these at all: there is nothing to be refused.
      if (["WebSocket", "beacon"].includes(way) && !address.startsWith("http")) continue;
      results.push({ way, address, verdict: await attempt(way, address) });
    }
  }
  return results;
};

/** Ways to what no policy closes: each gives something to work with, or nothing. */
const TAKEN = {
  WebRTC: () => globalThis.RTCPeerConnection,
  "WebRTC (iframe)": () => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const found = frame.contentWindow;
    frame.remove();
    return found;
  },
  "WebRTC (x:iframe)": () => document.createElementNS("http://www.w3.org/1999/xhtml", "x:iframe"),
  "WebRTC (createHTMLDocument)": () => document.implementation.createHTMLDocument().createElement("iframe"),
  "WebRTC (customElements)": () => {
    customElements.define("a-frame", class extends HTMLIFrameElement {}, { extends: "iframe" });
    return true;
  },
  "WebRTC (window.open)": () => {
    const opened = globalThis.open?.("about:blank", "_blank", "popup");
    opened?.close();
    return opened;
  },
  "dns-prefetch": () => document.createElement("link"),
  preconnect: () => document.createElementNS("http://www.w3.org/1999/xhtml", "link"),
};

/** `[{ way, verdict }]` for a page: "taken away" where nothing is left to work with, else "open". */
globalThis.tryWhatIsTaken = () =>
  Object.entries(TAKEN).map(([way, reach]) => {
    try {
      return { way, verdict: reach() ? "open" : "taken away" };
    } catch {
      return { way, verdict: "taken away" };
    }
  });
