import Glibc

/// Opens a capture file: pcap or pcapng, or either of them compressed with gzip; recognised by
/// its content. `-` is standard input.
///
/// A file is mapped into memory, and its frames stay valid as long as the source lives. What
/// cannot be mapped is read as a stream. An input that is no capture at all is an error; one that
/// goes wrong later is read up to there, and `damage` says where.
public func openCapture(path: String) throws(CaptureError) -> any PacketSource {
  let input: OpenedInput
  do throws(SystemError) {
    input = try OpenedInput(path: path)
  } catch {
    throw CaptureError(file: path, reason: error.reason)
  }
  if input.status.isFolder { throw CaptureError(file: path, reason: SystemError.folder.reason) }
  if let source = try input.mapped() { return source }
  return try input.streamed()
}

/// An input of which nothing has been read yet.
private struct OpenedInput {
  let name: String
  let descriptor: Descriptor
  let status: FileStatus

  init(path: String) throws(SystemError) {
    name = path
    descriptor =
      path == "-"
      ? Descriptor(borrowing: STDIN_FILENO) : try Descriptor(path: path, flags: O_RDONLY)
    status = try descriptor.status()
  }

  /// `nil` where only a stream can be read. Standard input may stand anywhere in its file.
  func mapped() throws(CaptureError) -> (any PacketSource)? {
    guard status.isRegular, status.size > 0, name != "-",
      let file = MappedFile(descriptor, count: status.size)
    else { return nil }
    var start = unsafe Window(base: file.base, count: file.count)
    switch FileSignature(start.prefix) {
    case .gzip: return nil
    case .pcap:
      let format = PcapFormat(try header(start))
      start.position = PcapHeader.length
      return MappedSource(name: name, file: file, claim: claim, format: format, window: start)
    case .pcapng:
      return MappedSource(
        name: name, file: file, claim: claim, format: PcapNGFormat(), window: start)
    case let other: throw refusal(of: other, start)
    }
  }

  func streamed() throws(CaptureError) -> any PacketSource {
    let stream = DescriptorStream(descriptor, mayWait: !status.isRegular)
    let input = StreamBuffer(stream)
    try readStart(of: input)
    guard FileSignature(input.window.prefix) == .gzip else { return try streamed(input, stream) }
    let content = StreamBuffer(GzipStream(stream, prefix: input.takeAll()))
    do throws(CaptureError) {
      try readStart(of: content)
      return try streamed(content, stream)
    } catch {
      throw CaptureError(file: name, reason: "the content of this gzip file \(error.reason)")
    }
  }

  private func streamed(
    _ input: StreamBuffer, _ stream: DescriptorStream
  ) throws(CaptureError) -> any PacketSource {
    let total = status.isRegular ? UInt64(status.size) : nil
    let progress = { (read: UInt64(stream.bytesRead), total: total) }
    let start = input.window
    switch FileSignature(start.prefix) {
    case .pcap:
      let format = PcapFormat(try header(start))
      input.consume(PcapHeader.length)
      return StreamedSource(
        name: name, input: input, claim: claim, format: format, progress: progress)
    case .pcapng:
      return StreamedSource(
        name: name, input: input, claim: claim, format: PcapNGFormat(), progress: progress)
    case let other: throw refusal(of: other, start)
    }
  }

  private var claim: InputClaim? { status.isRegular ? InputClaim(status.identity) : nil }

  /// Waits until there is enough to recognise the format by.
  private func readStart(of input: StreamBuffer) throws(CaptureError) {
    while input.window.available < FileSignature.length {
      switch input.more(needed: FileSignature.length) {
      case .bytes, .nothingYet: continue
      case .end: break
      case .failed(let reason):
        if input.window.available == 0 { throw CaptureError(file: name, reason: reason) }
      }
      break
    }
    if input.window.available == 0 { throw CaptureError(file: name, reason: "is empty") }
  }

  private func header(_ start: Window) throws(CaptureError) -> PcapHeader {
    do throws(PcapHeader.Problem) {
      return try PcapHeader(start.prefix)
    } catch {
      throw CaptureError(file: name, reason: error.reason)
    }
  }

  private func refusal(of signature: FileSignature, _ start: Window) -> CaptureError {
    if case .foreign(let reason) = signature { return CaptureError(file: name, reason: reason) }
    if signature == .gzip { return CaptureError(file: name, reason: "is gzip once more") }
    let hex = start.prefix.leadingHex
    return CaptureError(file: name, reason: "is not a capture file (starts with \(hex))")
  }
}

extension Window {
  /// As much of the beginning as a format is recognised by.
  fileprivate var prefix: [UInt8] {
    unsafe bytes.extracting(first: FileSignature.length).withUnsafeBytes { unsafe Array($0) }
  }
}
