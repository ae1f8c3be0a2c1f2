/** A promise, or the end of its budget. Resolves to whether the promise came first. */
export async function within(promise: Promise<unknown>, budgetMs: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), Math.max(0, budgetMs));
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
