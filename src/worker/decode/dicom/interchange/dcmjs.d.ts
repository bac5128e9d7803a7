declare module 'dcmjs' {
  interface Element {
    vr: string;
    Value: unknown[];
  }
  type Elements = Record<string, Element>;
  const dcmjs: {
    data: {
      DicomMetaDictionary: {
        /** Elements by their tags' hex digits from values by keyword. */
        denaturalizeDataset(values: Record<string, unknown>): Elements;
      };
      DicomDict: new (meta: Elements) => { dict: Elements; write(): ArrayBuffer };
      Colors: { rgb2DICOMLAB(rgb: readonly [number, number, number]): number[] };
    };
  };
  export default dcmjs;
}
