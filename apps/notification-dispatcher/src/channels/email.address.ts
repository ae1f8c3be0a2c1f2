import { ForgeError } from '@sentinel-forge/contracts';

/** A bare `local@domain`: what SMTP can carry without quoting, and nothing that could end a header or add a recipient. */
const bareAddress = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** A mail address as it was given, checked. Throws `FORGE_NOTIFY_RECIPIENT`. */
export function mailAddress(text: string): string {
  const address = text.trim();
  if (!bareAddress.test(address) || address.includes('..')) {
    throw new ForgeError(
      'FORGE_NOTIFY_RECIPIENT',
      `"${printable(address)}" is not one bare mail address such as ops@example.org`,
    );
  }
  return address;
}

/** The part behind the `@`. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 80);
}
