// tfjs-node ships these generated classes without types.
declare module '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js' {
  const messages: import('./saved-model.ts').ProtobufMessages;
  export default messages;
}
