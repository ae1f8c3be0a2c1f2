import { ForgeError } from '@sentinel-forge/contracts';
import type { SendOutcome } from './channel.port.js';

/** What nodemailer says of a failure. */
interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/** The commands whose refusal is about this one message. Before them, it is about us or the server. */
const messageCommands = ['MAIL FROM', 'RCPT TO', 'DATA'];
/** "You are not who you should be": ours to mend in the settings, though it may come as late as MAIL FROM. */
const authenticationCodes = [530, 534, 535, 538];
/** What the mail library itself refuses to send. */
const unsendable = ['EENVELOPE', 'EMESSAGE'];

/**
 * What a failed try means: a 5xx to this message is for good, a 4xx is for later, and everything that happened before the
 * message was offered (connection, greeting, TLS, login) is the endpoint's matter and never the end of a notice.
 */
export function smtpFailure(error: unknown): SendOutcome {
  if (error instanceof ForgeError) {
    // A refusal by the proxy: the settings' matter, for every mail alike.
    return { kind: 'transient', fault: 'endpoint', reason: error.message };
  }
  const { code, command = '', response, responseCode } = error as SmtpError;
  const reason = describe(code, response, responseCode);
  const isAboutMessage = messageCommands.includes(command) && responseCode !== 421;
  if (responseCode === undefined) {
    return unsendable.includes(code ?? '')
      ? { kind: 'permanent', reason }
      : { kind: 'transient', fault: 'endpoint', reason };
  }
  if (!isAboutMessage || authenticationCodes.includes(responseCode)) {
    return { kind: 'transient', fault: 'endpoint', reason };
  }
  return responseCode >= 500 ? { kind: 'permanent', reason } : { kind: 'transient', fault: 'message', reason };
}

/** The server's own words, bounded. Commands are left out: they may hold credentials. */
function describe(code: string | undefined, response: string | undefined, responseCode: number | undefined): string {
  return responseCode === undefined
    ? `SMTP: ${code ?? 'the connection failed'}`
    : `SMTP ${(response ?? String(responseCode)).replaceAll(/\p{Cc}+/gu, ' ').slice(0, 200)}`;
}
