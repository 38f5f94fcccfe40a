/**
 * Repeats a request until its result fits, and returns that result. Requests to a real process take the time, so their number is the limit
 * instead of a timeout.
 */
export async function until<T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean, times = 20_000): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (attempts === times) throw new Error(`none of ${times} results fits; the last was ${JSON.stringify(answer)}`);
  }
}
