import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';

/** The text that an argument stands for: itself, the content of `@file`, or of standard input for `-`. */
export async function readTextArgument(argument: string): Promise<string> {
  if (argument === '-') {
    return textOf(process.stdin);
  }
  if (!argument.startsWith('@')) {
    return argument;
  }
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch (error) {
    throw new ForgeError('FORGE_CONFIG_INVALID', `${argument.slice(1)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The JSON object that an argument stands for. Throws `FORGE_HTTP_BODY_INVALID`. */
export async function readJsonArgument(argument: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readTextArgument(argument);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch (error) {
    throw notJson(error);
  }
  throw notJson();
}

function notJson(cause?: unknown): ForgeError {
  const where = cause instanceof SyntaxError ? `: ${messageOf(cause)}` : '';
  return new ForgeError('FORGE_HTTP_BODY_INVALID', `This is no JSON object${where}`, {
    cause,
    details: { mend: 'give one such as \'{"source":"web"}\', @file, or - for standard input' },
  });
}
