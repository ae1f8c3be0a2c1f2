/** The configuration of a nats-server with one user more, `insider`, who sees and may do everything where the streams are. */
export function withInsider(accounts: string): string {
  return accounts.replace('FORGE {', 'FORGE {\n    users: [ { user: "insider", password: "insider" } ]');
}
