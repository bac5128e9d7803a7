const pictureExtensions = new Set(
  'png jpg jpeg jpe jfif tif tiff webp bmp dib gif heic heif avif jp2 j2k jpx psd dcm dicom ima nii svg'.split(
    ' ',
  ),
);

/** Lower-case extension without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(dot + 1).toLowerCase() : '';
}

/** Whether a name promises a picture: then a file that is none is refused, where a README is passed over. */
export function looksLikePicture(name: string): boolean {
  return pictureExtensions.has(extensionOf(name)) || /\.nii\.gz$/i.test(name);
}

/** Whether it is the table of contents of a DICOM medium: it names files, and is no picture. */
export function isMediumDirectory(name: string): boolean {
  return /^dicomdir(\.|$)/i.test(name);
}

/** What systems and programs leave behind in folders and archives. */
export function isLitter(name: string): boolean {
  return (
    name.startsWith('.') ||
    ['thumbs.db', 'desktop.ini', '__macosx', '$recycle.bin', 'system volume information', '@eadir'].includes(
      name.toLowerCase(),
    )
  );
}
