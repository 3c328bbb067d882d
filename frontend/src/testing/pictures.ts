import type { Picture } from "@/api/pictures";

/** A picture that the studio keeps. */
export function aPicture(sign: string, size = { width: 128, height: 128 }): Picture {
  const id = sign.repeat(64);
  return { id, url: `/images/${id}`, ...size };
}
