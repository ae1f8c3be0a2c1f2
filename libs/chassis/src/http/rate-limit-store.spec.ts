import { RateLimitStore } from './rate-limit-store.js';

/** One whose time passes when the test says so. */
class TimedStore extends RateLimitStore {
  atMs = 0;

  protected override nowMs(): number {
    return this.atMs;
  }
}

function ask(store: RateLimitStore, caller: string): { current: number; ttl: number } | undefined {
  let told: { current: number; ttl: number } | undefined;
  store.incr(
    caller,
    (_, result) => {
      told = result;
    },
    60_000,
  );
  return told;
}

describe('the store of the rate limit', () => {
  it('counts each caller by itself, and anew when its window is over', () => {
    const store = new TimedStore();
    expect(ask(store, 'a')).toEqual({ current: 1, ttl: 60_000 });
    store.atMs = 59_999;
    expect(ask(store, 'a')).toEqual({ current: 2, ttl: 1 });
    expect(ask(store, 'b')).toEqual({ current: 1, ttl: 60_000 });
    store.atMs = 60_000;
    expect(ask(store, 'a')).toEqual({ current: 1, ttl: 60_000 });
  });

  it('remembers no more callers than it has room for, the latest of them', () => {
    const store = new TimedStore();
    for (let caller = 0; caller <= 5_000; caller += 1) {
      ask(store, `caller-${caller}`);
    }
    expect(ask(store, 'caller-5000')?.current).toBe(2);
    expect(ask(store, 'caller-0')?.current).toBe(1);
  });
});
