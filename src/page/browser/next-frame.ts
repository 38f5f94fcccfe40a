/** Calls `act` in the next animation frame, once, however often it is asked for. A hidden page has no frames. */
export function inNextFrame(act: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      act();
    });
  };
}
