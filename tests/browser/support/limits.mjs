/** How long a browser may take to answer on two cores that do other work as well. */
export const PROTOCOL_MS = 240_000;
