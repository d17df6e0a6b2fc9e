import Buffers
import CZlib
import Capture
import Glibc
import Support
import Wire

/// A frame, copied out of its batch.
struct Packet: Hashable {
  var bytes: [UInt8]
  var originalLength: Int
  var timestamp: Timestamp
  var stamp: UInt64
  var interface: Int
  var ordinal: UInt64
  var linkType: LinkType

  init(_ frame: Frame) {
    bytes = frame.bytes.withUnsafeBytes { Array($0) }
    originalLength = frame.originalLength
    timestamp = frame.timestamp
    stamp = frame.stamp
    interface = frame.interface
    ordinal = frame.ordinal
    linkType = frame.linkType
  }
}

/// What came out of a source, to its end.
struct Reading: Equatable {
  var packets: [Packet] = []
  var damage: CaptureDamage?
  var interfaces: [CaptureInterface] = []

  init(_ source: any PacketSource, batch capacity: Int = 64) {
    var batch = FrameBatch(capacity: capacity)
    while source.fill(&batch) {
      for index in 0..<batch.count { packets.append(Packet(batch[index])) }
    }
    damage = source.damage
    interfaces = source.interfaces.map(\.amongOthers)
  }

  init(path: String, batch capacity: Int = 64) throws {
    self.init(try openCapture(path: path), batch: capacity)
  }

  /// Reads the bytes as a file that is mapped.
  init(_ bytes: [UInt8], batch capacity: Int = 64) throws {
    let folder = TemporaryFolder()
    try self.init(path: folder.write(bytes, to: "in.pcap"), batch: capacity)
  }

  /// Reads the bytes from a FIFO into which they trickle.
  init(streaming bytes: [UInt8], chunk: Int) throws {
    let folder = TemporaryFolder()
    let path = folder.file("pipe")
    mkfifo(path, 0o600)
    let writer = PipeWriter(path: path, bytes: bytes, chunk: chunk)
    defer { writer.join() }
    try self.init(path: path)
  }
}

/// Writes to a FIFO on a thread of its own.
final class PipeWriter: @unchecked Sendable {
  private let path: String
  private let bytes: [UInt8]
  private let chunk: Int
  private var thread = pthread_t()

  init(path: String, bytes: [UInt8], chunk: Int) {
    self.path = path
    self.bytes = bytes
    self.chunk = chunk
    signal(SIGPIPE, SIG_IGN)
    pthread_create(
      &thread, nil,
      { context in
        Unmanaged<PipeWriter>.fromOpaque(context!).takeUnretainedValue().run()
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }

  private func run() {
    let descriptor = open(path, O_WRONLY)
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, min(chunk, $0.count)) }
      if count < 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// One gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
  let count = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      deflate(&stream, Z_FINISH)
      return target.count - Int(stream.avail_out)
    }
  }
  deflateEnd(&stream)
  return Array(output.prefix(count))
}

/// Writes packets into a file of a new folder and reads them again.
func roundTrip(
  _ reading: Reading, as name: String
) throws -> (reading: Reading, bytes: [UInt8]) {
  let folder = TemporaryFolder()
  let sink = try createCapture(path: folder.file(name), interfaces: reading.interfaces)
  for packet in reading.packets { try sink.write(packet, interfaces: reading.interfaces) }
  try sink.finish()
  return (try Reading(path: folder.file(name)), folder.read(name))
}

extension PacketSink {
  func write(_ packet: Packet, interfaces: [CaptureInterface]) throws {
    // One byte more, so that an empty packet has an address.
    let bytes = packet.bytes + [0]
    try bytes.withUnsafeBytes { memory in
      try write(
        Frame(
          base: memory.baseAddress!, capturedLength: packet.bytes.count,
          originalLength: packet.originalLength, timestamp: packet.timestamp,
          stamp: packet.stamp, interface: packet.interface, ordinal: packet.ordinal,
          linkType: packet.linkType),
        interfaces: interfaces)
    }
  }
}
