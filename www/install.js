// The browser's offer to install the page may come before the page's module runs: it is kept until then.
export function keepOffer() {
  addEventListener("beforeinstallprompt", (offer) => {
    offer.preventDefault();
    hielight.offer = offer;
    dispatchEvent(new Event("hielight-offer"));
  });
}
