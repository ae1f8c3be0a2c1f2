import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('returns the fact as soon as there is one', async () => {
    let looks = 0;
    const fact = await waitFor(
      () => {
        looks += 1;
        return looks < 3 ? undefined : { looks };
      },
      { description: 'the third look', intervalMs: 1 },
    );
    expect(fact).toEqual({ looks: 3 });
  });

  it('takes 0 and the empty text as facts', async () => {
    expect(await waitFor(() => 0, { description: 'a zero' })).toBe(0);
    expect(await waitFor(() => '', { description: 'an empty text' })).toBe('');
  });

  it('fails after the deadline, naming what it waited for and what it saw', async () => {
    await expect(waitFor(() => false, { description: 'a miracle', timeoutMs: 10, intervalMs: 1 })).rejects.toThrow(
      'waited 10 ms for a miracle; the last look gave false',
    );
  });

  it('keeps looking while looking fails, and then tells the last failure as the cause', async () => {
    const cause = new Error('no such thing');
    const failing = waitFor(() => Promise.reject(cause), { description: 'a thing', timeoutMs: 10, intervalMs: 1 });
    await expect(failing).rejects.toMatchObject({
      message: 'waited 10 ms for a thing; the last look failed: no such thing',
      cause,
    });
  });
});
