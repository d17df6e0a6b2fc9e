public import Buffers

/// Makes a capture file: pcapng for the endings `.pcapng` and `.ntar`, otherwise pcap; `-` is
/// standard output. An existing file is overwritten, unless it is being read at this moment.
///
/// - Parameters:
///   - interfaces: what the file says of itself if no packet is ever written.
///   - rotation: when it goes on in another file.
public func createCapture(
  path: String, interfaces: [CaptureInterface] = [], rotation: Rotation? = nil
) throws(CaptureError) -> any PacketSink {
  if let rotation {
    return try RotatingSink(path: path, interfaces: interfaces, rotation: rotation)
  }
  return try createWriter(path: path, interfaces: interfaces)
}

func createWriter(
  path: String, interfaces: [CaptureInterface], memory: SectionMemory? = nil
) throws(CaptureError) -> any CaptureWriter {
  if path.lowercased().hasSuffix(".gz") {
    throw CaptureError(
      file: path, reason: "is not written compressed; leave out .gz, and compress it afterwards")
  }
  let file = try OutputFile(path: path)
  let isPcapNG = [".pcapng", ".ntar"].contains { path.lowercased().hasSuffix($0) }
  return isPcapNG
    ? PcapNGWriter(file, interfaces: interfaces, memory: memory)
    : PcapWriter(file, interfaces: interfaces)
}

extension OutputFile {
  /// What the formats cannot hold is said, never dropped.
  func refusal(_ frame: borrowing Frame, _ reason: String) -> CaptureError {
    CaptureError(file: name, reason: "packet \(frame.ordinal) \(reason)")
  }

  func check(lengthOf frame: borrowing Frame) throws(CaptureError) {
    guard frame.capturedLength <= CaptureLimits.recordLength else {
      throw refusal(frame, "has \(frame.capturedLength) bytes, too many for a capture file")
    }
  }
}
