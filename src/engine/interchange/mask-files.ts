/** Of a folder of masks: which class each value is. */
export const maskClassesName = 'classes.csv';
export const maskClassesColumns = ['value', 'class'] as const;
/** Which mask belongs to which image: names alone do not always tell. */
export const maskIndexName = 'images.csv';
export const maskIndexColumns = ['mask', 'image', 'file', 'frame'] as const;
/** A mask has a byte for each pixel; 0 is background, and 255 stands for the one class where there is one. */
export const mostMaskClasses = 254;
