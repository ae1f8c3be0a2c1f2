import type { ForgeCommand, JsonOption } from '../cli/forge-command.js';
import { parseDuration, parseList } from '../cli/option-values.js';

interface TokenOptions extends JsonOption {
  readonly scope?: readonly string[];
  readonly ttl?: number;
  readonly subject?: string;
}

/** `forge token`: the operator's token, or a new one. */
export function addTokenCommand(program: ForgeCommand): void {
  program
    .command('token')
    .description('print the token of the operator, or issue one that says who it is for and what it allows')
    .option('--scope <names>', 'what it allows, parted by commas (default: everything)', parseList)
    .option('--ttl <duration>', 'how long it holds (default: 30 days)', parseDuration)
    .option('--subject <name>', 'who it is for; stands in the record of what is done with it (default: operator)')
    .json()
    .example('curl -H "Authorization: Bearer $(forge token)" http://127.0.0.1:8000/…')
    .example('forge token --subject ci --scope defend:write --ttl 1h', 'for one job, for one hour')
    .action(async ({ scope, ttl, subject, json }: TokenOptions) => {
      const { printToken } = await import('../tokens/token.js');
      await printToken({ scopes: scope, ttlMs: ttl, subject }, { json: json === true });
    });
}
