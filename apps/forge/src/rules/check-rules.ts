import { checkRules, formatRuleProblem, type RuleProblem } from '@sentinel-forge/sentinelcore';
import { exitCodes } from '../cli/exit-codes.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { ruleSources } from './rule-sources.js';

/** What became of a check. */
export interface RuleCheck {
  readonly isValid: boolean;
  readonly files: number;
  readonly rules: number;
  readonly problems: readonly RuleProblem[];
}

/** Checks rule files; the exit code says whether they are right. */
export async function checkRuleFiles(paths: readonly string[], options: { readonly json?: boolean }): Promise<void> {
  const sources = await ruleSources(paths);
  const outcome = checkRules(sources);
  const check: RuleCheck = {
    isValid: outcome.isValid,
    files: sources.length,
    rules: outcome.isValid ? outcome.ruleSet.rules.length : 0,
    problems: outcome.isValid ? [] : outcome.problems,
  };
  await printAnswer(check, options, () => describeCheck(check));
  process.exitCode = check.isValid ? exitCodes.done : exitCodes.failed;
}

/** A check for people, one problem on a line as compilers write it. */
export function describeCheck({ isValid, files, rules, problems }: RuleCheck): string {
  const count = `${files} ${files === 1 ? 'file' : 'files'}`;
  return isValid
    ? `${rules} rules in ${count}: all is well.`
    : [
        ...problems.map((problem) => safeText(formatRuleProblem(problem))),
        `${problems.length} problems in ${count}.`,
      ].join('\n');
}
