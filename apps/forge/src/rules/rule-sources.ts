import { defaultRulesPath, type RuleSource, readRuleFiles } from '@sentinel-forge/sentinelcore';

/** The rule files that paths mean; those that come with sentinelcore when there are none. */
export async function ruleSources(paths: readonly string[]): Promise<readonly RuleSource[]> {
  const wanted = paths.length === 0 ? [defaultRulesPath] : paths;
  return (await Promise.all(wanted.map(readRuleFiles))).flat();
}
