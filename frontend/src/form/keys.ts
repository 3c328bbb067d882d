/** Sends a form from any of its fields. */
export const SEND_KEY = "Ctrl+Enter";
