import { type FSWatcher, watch } from 'node:fs';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '@sentinel-forge/chassis';
import { Log, messageOf } from '@sentinel-forge/contracts';
import { SentinelcoreSettings } from '../config.js';
import { RuleCounters } from './rule-counters.js';
import { readRuleFiles } from './rule-files.store.js';
import { type RuleSet, ruleSetOf } from './rule-set.js';

/** Editors write a file in several steps; so long after the last one it is read. */
const settleMs = 100;
/** Some file systems tell of no changes (network mounts, container binds): a look now and then finds them all the same. */
const lookEveryMs = 5_000;

/**
 * The rules in force. They are read again when their files change; a set that is not valid is refused whole, the one
 * before stays, and `/ready` says what is wrong until it is mended.
 */
@Injectable()
export class RuleBook implements OnModuleInit, BeforeApplicationShutdown {
  readonly counters = new RuleCounters();
  #ruleSet: RuleSet | undefined;
  #problem: string | undefined;
  #watcher: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SentinelcoreSettings) private readonly settings: SentinelcoreSettings,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Log) private readonly log: Log,
  ) {
    readiness.add('rules', () => ({ isUp: this.#problem === undefined, ...reasonOf(this.#problem) }));
  }

  /** The rules now. */
  get current(): RuleSet {
    if (this.#ruleSet === undefined) {
      throw new TypeError('the rules are read when the module starts');
    }
    return this.#ruleSet;
  }

  /** Throws `FORGE_RULES_INVALID`: without valid rules there is no start. */
  async onModuleInit(): Promise<void> {
    this.#adopt(ruleSetOf(await readRuleFiles(this.settings.rulesPath)));
    this.#watch();
  }

  beforeApplicationShutdown(): void {
    this.#watcher?.close();
    clearTimeout(this.#settle);
    clearInterval(this.#look);
  }

  /** Reads the files again. Resolves when the rules in force are what the files say, or the files were refused. */
  async reload(): Promise<void> {
    try {
      const ruleSet = ruleSetOf(await readRuleFiles(this.settings.rulesPath));
      this.#problem = undefined;
      if (ruleSet.version !== this.current.version) {
        this.#adopt(ruleSet);
      }
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.#problem) {
        this.log.error('rules.refused', { error, msg: 'the rules in force stay as they were' });
      }
      this.#problem = problem;
    }
  }

  #adopt(ruleSet: RuleSet): void {
    this.#ruleSet = ruleSet;
    this.log.info('rules.loaded', {
      version: ruleSet.version,
      rules: ruleSet.rules.length,
      path: this.settings.rulesPath,
    });
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.settings.rulesPath, () => {
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => void this.reload(), settleMs);
      });
      this.#watcher.on('error', (error) => this.log.warn('rules.not-watched', { error }));
    } catch (error) {
      this.log.warn('rules.not-watched', { error });
    }
    this.#look = setInterval(() => void this.reload(), lookEveryMs);
  }
}

function reasonOf(problem: string | undefined): { reason?: string } {
  return problem === undefined ? {} : { reason: problem };
}
