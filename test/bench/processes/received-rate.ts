/** What a process that receives is told. */
export interface ReceiverOptions {
  readonly url: string;
  /** How many will come. */
  readonly count: number;
}

/** The messages of the first quarter do not count: by then what is measured has been compiled. */
const warmUpShare = 0.25;

/** Counts what a peer receives, and prints how many a second that was once it has all. */
export class ReceivedRate {
  #received = 0;
  #sum = 0;
  #beganAtMs = 0;

  private constructor(readonly options: ReceiverOptions) {}

  static fromArguments(): ReceivedRate {
    return new ReceivedRate(JSON.parse(process.argv[2] ?? '{}') as ReceiverOptions);
  }

  /** Tells that messages may come. */
  ready(): void {
    process.stdout.write('ready\n');
  }

  /** A message has come; the number in it was read, so that nobody can leave out parsing it. */
  count(value: number): void {
    this.#received += 1;
    this.#sum += value;
    const warmUp = Math.round(this.options.count * warmUpShare);
    if (this.#received === warmUp) {
      this.#beganAtMs = performance.now();
    } else if (this.#received === this.options.count) {
      const seconds = (performance.now() - this.#beganAtMs) / 1000;
      process.stdout.write(`${JSON.stringify({ rate: (this.options.count - warmUp) / seconds, sum: this.#sum })}\n`);
    }
  }
}
