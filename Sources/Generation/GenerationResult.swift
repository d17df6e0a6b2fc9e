/// What was written, and what a right analysis of it finds.
public struct GenerationResult: Hashable, Sendable {
  public var workload: Workload
  public var seed: UInt64
  /// Frames handed to the sink.
  public var packets: UInt64 = 0
  /// The length of a pcap file that holds them: 24 bytes, and 16 for each packet beside its own.
  public var fileBytes: UInt64 = 24
  public var connections: UInt64 = 0
  /// The stream bytes of both directions of all connections that a right reassembler reports: of
  /// bytes captured more than once the first copy, and nothing for bytes that were never captured.
  public var streamBytes: UInt64 = 0

  init(workload: Workload, seed: UInt64) {
    self.workload = workload
    self.seed = seed
  }

  /// One line of JSON, without its end of line.
  public var json: String {
    #"{"workload":"\#(workload.rawValue)","seed":\#(seed),"packets":\#(packets),"#
      + #""file_bytes":\#(fileBytes),"connections":\#(connections),"stream_bytes":\#(streamBytes)}"#
  }
}
