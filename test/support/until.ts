/**
 * Asks again and again until the answer fits, and returns it. Each question is a request of its own to something real, which is what
 * takes the time; the number of them is the bound.
 */
export async function until<T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean, times = 20_000): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (asked === times) throw new Error(`no answer of ${times} fits; the last was ${JSON.stringify(answer)}`);
  }
}
