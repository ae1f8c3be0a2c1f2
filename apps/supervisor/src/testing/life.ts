/** When a process dies: at its n-th contact with the world, before the world hears of it or after. */
export interface Fate {
  readonly atContact: number;
  readonly when: 'before' | 'after';
}

/** One life of a supervisor. After its death nothing of it comes through any more, as after kill -9. */
export class Life {
  isDead = false;
  contacts = 0;

  constructor(private readonly fate: Fate | undefined) {}

  async contact<T>(act: () => Promise<T>): Promise<T> {
    this.contacts += 1;
    const isLast = this.contacts === this.fate?.atContact;
    this.isDead ||= isLast && this.fate?.when === 'before';
    if (this.isDead) {
      return never;
    }
    const outcome = await act().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    this.isDead ||= isLast;
    if (this.isDead) {
      return never;
    }
    if ('error' in outcome) {
      throw outcome.error;
    }
    return outcome.value;
  }
}

const never = Promise.withResolvers<never>().promise;

/** The same thing, for as long as this life lasts. */
export function mortal<T extends object>(target: T, life: Life): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      return typeof value === 'function'
        ? (...args: unknown[]) => life.contact(async () => value.apply(object, args) as unknown)
        : value;
    },
  });
}
