/** The outcome of a promise, or undefined where it takes longer than `ms`. Throws what the promise rejects with in time. */
export async function inTime<Outcome>(promise: Promise<Outcome>, ms: number): Promise<Outcome | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
