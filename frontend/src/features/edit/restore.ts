import type { Job } from "@/api/gen";
import { type Asked, orderOf } from "@/api/job";
import { findPicture, urlOf } from "@/api/pictures";
import type { Mask } from "@/canvas/mask";
import { readMask } from "@/canvas/png";
import { imagesOf, toTask } from "./request";
import { readSeparation } from "./separation";
import { type EditTask, EMPTY_TASK, withPictures } from "./task";

/** Fills the edit form as it was for a job. */
export async function restoreTask(job: Asked & Partial<Pick<Job, "images">>): Promise<EditTask> {
  const order = orderOf(job);
  if (order.kind === "layers") {
    const task = withPictures(EMPTY_TASK, [await findPicture(order.body.image)]);
    return { ...task, ...readSeparation(order.body) };
  }
  const { pictures, mask, regions } = imagesOf(order);
  const [seenPictures, seenMask, seenRegions] = await Promise.all([
    Promise.all(pictures.map(findPicture)),
    look(mask),
    Promise.all(regions.map(look)),
  ]);
  const { width, height } = order.body;
  const size = width && height ? { width, height } : (job.images?.[0] ?? seenPictures[0]);
  return toTask(order, {
    pictures: seenPictures,
    mask: seenMask,
    regions: seenRegions,
    size: size ?? { width: 1, height: 1 },
  });
}

async function look(mask: string | null): Promise<Mask | null> {
  return mask === null ? null : readMask(urlOf(mask));
}
