import { z } from 'zod';

/** The largest picture that tiles are cut from, pixels along an edge. */
export const mostTiledEdge = 4096;

/** Square tiles that a square picture is cut into, `grid` along each edge; neighbours overlap by a quarter of their edge. */
export const inputTilesSchema = z.object({ edge: z.int().min(1), grid: z.int().min(2).max(8) });
export type InputTiles = z.infer<typeof inputTilesSchema>;
