// The version users see and runs record.
export const VERSION = '0.1.0';
