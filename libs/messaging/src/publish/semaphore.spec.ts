import { Semaphore } from './semaphore.js';

const longMs = 60_000;

describe('Semaphore', () => {
  it('lets in as many as it has permits for, and the others in the order in which they came', async () => {
    const semaphore = new Semaphore(2);
    const entered: number[] = [];
    const visits = [0, 1, 2, 3].map((visitor) => semaphore.acquire(longMs).then(() => entered.push(visitor)));
    await Promise.all(visits.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    semaphore.release();
    semaphore.release();
    await Promise.all(visits);
    expect(entered).toEqual([0, 1, 2, 3]);
  });

  it('sends away who has waited long enough, and keeps no place for them', async () => {
    const semaphore = new Semaphore(1);
    expect(await semaphore.acquire(longMs)).toBe(true);
    const patient = semaphore.acquire(longMs);
    expect(await semaphore.acquire(1)).toBe(false);
    semaphore.release();
    expect(await patient).toBe(true);
    semaphore.release();
    expect(await semaphore.acquire(0)).toBe(true);
  });
});
