// Takes away from the page what no policy of a page reaches in today's browsers: WebRTC, and the ways to a fresh
// window or frame, in which WebRTC would be there again. Called with the lock, once; nothing can be undone, but code
// that ran before it may have kept what it takes: it guards against mistakes, as the policy guards against everything.

/** Elements that open another window's world, run code, or reach the network by themselves. */
const ELEMENTS = new Set([
  "iframe", "frame", "frameset", "fencedframe", "object", "embed", "portal", "applet", "link", "script", "base", "meta",
]);
const CONSTRUCTORS = [
  "RTCPeerConnection", "webkitRTCPeerConnection", "mozRTCPeerConnection", "RTCDataChannel", "open", "documentPictureInPicture",
  "XSLTProcessor", "PresentationRequest",
];

function refuse(what) {
  throw new DOMException(`The locked page makes no ${what}.`, "SecurityError");
}

/** Replaces a method for good. */
function replace(prototype, name, make) {
  const own = prototype?.[name];
  if (own) Object.defineProperty(prototype, name, { value: make(own), writable: false, configurable: false });
}

globalThis.closeWays = () => {
  for (const name of CONSTRUCTORS) {
    delete globalThis[name];
    // What cannot be deleted is covered.
    if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
  }
  const checked = (own, place) =>
    function create(...words) {
      // Once: an object may say another name each time. `null` is a document without a root.
      words[place] = words[place] === null ? "" : String(words[place]);
      const local = words[place].split(":").at(-1).toLowerCase();
      return ELEMENTS.has(local) ? refuse(`<${local}>`) : own.apply(this, words);
    };
  replace(Document.prototype, "createElement", (own) => checked(own, 0));
  replace(Document.prototype, "createElementNS", (own) => checked(own, 1));
  replace(DOMImplementation.prototype, "createDocument", (own) => checked(own, 1));
  // A class of the page's own could be a frame.
  replace(globalThis.CustomElementRegistry?.prototype, "define", () => () => refuse("custom element"));
};
