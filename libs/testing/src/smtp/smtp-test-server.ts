import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Arrivals } from '../arrivals.js';
import { parseMail, type ReceivedMail } from './received-mail.js';

/** Where in the conversation a reply is given. */
export type SmtpStage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data';

/** A reply other than "all is well". */
export interface ScriptedReply {
  readonly at: SmtpStage;
  /** 4xx or 5xx. */
  readonly code: number;
  readonly message: string;
  /** How many times; without it until {@link SmtpTestServer.answerWell}. */
  readonly times?: number;
  /** Only where the address of this stage (`mail`, `rcpt`) contains this. */
  readonly address?: string;
}

/** A user that the server knows. */
export interface SmtpUser {
  readonly user: string;
  readonly password: string;
}

/** A real SMTP server on a free port that keeps what it accepts, fails as told, and can be away for a while. */
export class SmtpTestServer implements AsyncDisposable {
  readonly #arrivals = new Arrivals<ReceivedMail>();
  readonly #user: SmtpUser | undefined;
  readonly #host: string;
  #replies: { readonly reply: ScriptedReply; left: number }[] = [];
  #server: SMTPServer | undefined;
  #port = 0;

  private constructor(user: SmtpUser | undefined, host: string) {
    this.#user = user;
    this.#host = host;
  }

  /** On a free port of the loopback, unless told another address of this machine. With a user, mail is taken from that user only. */
  static async start(options: { readonly user?: SmtpUser; readonly host?: string } = {}): Promise<SmtpTestServer> {
    const server = new SmtpTestServer(options.user, options.host ?? '127.0.0.1');
    await server.restart();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** For `SMTP_URL`, credentials included. */
  get url(): string {
    const login = this.#user === undefined ? '' : `${this.#user.user}:${encodeURIComponent(this.#user.password)}@`;
    return `smtp://${login}127.0.0.1:${this.#port}`;
  }

  /** What was accepted, in order. */
  get mails(): readonly ReceivedMail[] {
    return this.#arrivals.all;
  }

  /** From now on, fail like this. */
  answer(reply: ScriptedReply): void {
    this.#replies.push({ reply, left: reply.times ?? Number.POSITIVE_INFINITY });
  }

  /** From now on, accept everything. */
  answerWell(): void {
    this.#replies = [];
  }

  /** Resolves when at least so many mails were accepted. */
  untilMails(count: number, deadlineMs?: number): Promise<readonly ReceivedMail[]> {
    return this.#arrivals.until((all) => all.length >= count, `${count} mails`, deadlineMs);
  }

  /** Goes away at once: connections are cut, later ones refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = new Promise<void>((resolve) => server.close(resolve));
      for (const connection of server.connections) {
        connection.close();
      }
      await closed;
    }
  }

  /** Comes back on the same port, with what it kept. */
  async restart(): Promise<void> {
    await this.stop();
    const server = new SMTPServer(this.#options());
    // A client that is cut off in the middle is an error to the server, and the point of a test here.
    server.on('error', () => undefined);
    await once(server.listen(this.#port, this.#host), 'listening');
    this.#port = (server.server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #options(): SMTPServerOptions {
    const user = this.#user;
    return {
      logger: false,
      closeTimeout: 200,
      disabledCommands: user === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
      authOptional: user === undefined,
      allowInsecureAuth: true,
      onConnect: (_session, callback) => callback(this.#failure('connect')),
      onAuth: (auth, _session, callback) => {
        const failure = this.#failure('auth');
        const isKnown = auth.username === user?.user && auth.password === user?.password;
        callback(failure ?? (isKnown ? null : replyError(535, 'Authentication failed')), { user: auth.username ?? '' });
      },
      onMailFrom: ({ address }, _session, callback) => callback(this.#failure('mail', address)),
      onRcptTo: ({ address }, _session, callback) => callback(this.#failure('rcpt', address)),
      onData: (stream, session, callback) => {
        text(stream).then((raw) => {
          const failure = this.#failure('data');
          if (failure === null) {
            const { mailFrom, rcptTo } = session.envelope;
            const from = mailFrom === false ? '' : mailFrom.address;
            this.#arrivals.add(
              parseMail(
                from,
                rcptTo.map(({ address }) => address),
                raw,
              ),
            );
          }
          callback(failure);
        }, callback);
      },
    };
  }

  #failure(at: SmtpStage, address = ''): Error | null {
    const scripted = this.#replies.find(
      ({ reply, left }) => left > 0 && reply.at === at && address.includes(reply.address ?? ''),
    );
    if (scripted === undefined) {
      return null;
    }
    scripted.left -= 1;
    return replyError(scripted.reply.code, scripted.reply.message);
  }
}

function replyError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
