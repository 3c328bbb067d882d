/** Where English says it otherwise of one, or of a first, second and third. */
export const PLURALS = {
  "{{count}} jobs ahead{{span}}._one": "{{count}} job ahead{{span}}.",
  "Cancel all {{count}} jobs that wait?_one": "Cancel the job that waits?",
  "{{count}} models were loaded in the last hour._one": "1 model was loaded in the last hour.",
  "{{count}}th in line_ordinal_one": "{{count}}st in line",
  "{{count}}th in line_ordinal_two": "{{count}}nd in line",
  "{{count}}th in line_ordinal_few": "{{count}}rd in line",
} as const;
