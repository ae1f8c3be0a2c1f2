/** How a group is committed. */
export interface GroupCommitSteps<Draft> {
  /** Begins a group. */
  begin(): Draft;
  /** Makes what was staged durable. */
  commit(draft: Draft): Promise<void>;
  /** Forgets what was staged and is not durable. */
  abandon(): void;
}

interface Waiting<Draft> {
  readonly size: number;
  /** Stages the work; returns what tells its owner that it is durable. */
  readonly stage: (draft: Draft) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits one group of work at a time; all that arrives meanwhile makes up the next, and shares its commit. A group that
 * fails is rejected as a whole.
 */
export class GroupCommit<Draft> {
  readonly #waiting: Waiting<Draft>[] = [];
  #draining: Promise<void> | undefined;

  /** @param mostSize a group ends with the work that brings it to this size */
  constructor(
    private readonly steps: GroupCommitSteps<Draft>,
    private readonly mostSize: number,
  ) {}

  /** Adds work. Resolves with what staging returned, once it is durable. */
  add<Result>(size: number, stage: (draft: Draft) => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const stageAndTell = async (draft: Draft): Promise<() => void> => {
      const result = await stage(draft);
      return () => resolve(result);
    };
    this.#waiting.push({ size, stage: stageAndTell, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#commit(this.#takeGroup());
    }
    this.#draining = undefined;
  }

  #takeGroup(): readonly Waiting<Draft>[] {
    let size = 0;
    const last = this.#waiting.findIndex((one) => {
      size += one.size;
      return size >= this.mostSize;
    });
    return this.#waiting.splice(0, last === -1 ? this.#waiting.length : last + 1);
  }

  async #commit(group: readonly Waiting<Draft>[]): Promise<void> {
    try {
      const draft = this.steps.begin();
      const tellAll: (() => void)[] = [];
      for (const { stage } of group) {
        tellAll.push(await stage(draft));
      }
      await this.steps.commit(draft);
      for (const tell of tellAll) {
        tell();
      }
    } catch (error) {
      this.steps.abandon();
      for (const { reject } of group) {
        reject(error);
      }
    }
  }
}
