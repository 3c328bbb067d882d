/** The studio's mark: an illuminated initial. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="6" fill="#0f6b58" />
      <rect
        x="2.5"
        y="2.5"
        width="27"
        height="27"
        rx="4"
        fill="none"
        stroke="#e0ab2c"
        strokeWidth="1"
      />
      <path
        d="M9 8.2h7.2v1.3l-2 .5v12h5.2c1.7 0 2.5-.8 3-3.4h1.3l-.4 5.2H9v-1.3l1.9-.5V10L9 9.5z"
        fill="#fbfcfb"
      />
      <circle cx="21.6" cy="11.6" r="2.7" fill="#dd4f33" />
    </svg>
  );
}
