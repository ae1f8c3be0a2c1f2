/** What came of looking at one thing. */
export interface Finding {
  /** `fail` stands in the way; `warn` is worth knowing; `skip` could not be looked at, because something before it failed. */
  readonly state: 'ok' | 'warn' | 'fail' | 'skip';
  readonly detail: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** A finding with what was looked at. */
export interface CheckResult extends Finding {
  readonly name: string;
}

/** One thing to look at. It never throws for what it is there to find. */
export interface Check {
  readonly name: string;
  look(): Finding | Promise<Finding>;
}

/** All is well. */
export function ok(detail: string): Finding {
  return { state: 'ok', detail };
}

/** Worth knowing; it stands in nobody's way. */
export function warn(detail: string, mend: string): Finding {
  return { state: 'warn', detail, mend };
}

/** It stands in the way. */
export function fail(detail: string, mend: string): Finding {
  return { state: 'fail', detail, mend };
}

/** It could not be looked at. */
export function skip(detail: string): Finding {
  return { state: 'skip', detail };
}
