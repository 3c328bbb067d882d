import type { Job } from "@/api/gen";
import { orderOf } from "@/api/job";
import { findPicture, urlOf } from "@/api/pictures";
import { toMark } from "@/canvas/mask";
import { readMask } from "@/canvas/png";
import { imagesOf, toTask } from "./request";
import { type EditTask, EMPTY_TASK, withPictures } from "./task";

/** Fills the edit form as it was for a job. */
export async function restoreTask(job: Job): Promise<EditTask> {
  const order = orderOf(job);
  if (order.kind === "layers")
    return withPictures(EMPTY_TASK, [await findPicture(order.body.image)]);
  const { pictures, mask } = imagesOf(order);
  const marks = mask ? [toMark(await readMask(urlOf(mask)))] : [];
  return toTask(order, await Promise.all(pictures.map(findPicture)), marks);
}
