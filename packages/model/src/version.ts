// The version users see and runs record, whatever the host.
export const VERSION = '0.1.0';
