/** On everything that a lab makes: its value is the lab's own id. */
export const labLabel = 'forge-testing.lab';
/** When it was made, in milliseconds since 1970. */
export const createdLabel = 'forge-testing.created-ms';
