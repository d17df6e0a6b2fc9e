import Buffers
import Glibc

/// An input of which nothing has been read yet.
struct OpenedInput {
  let name: String
  let status: FileStatus
  private let descriptor: Descriptor

  init(path: String) throws(OpenProblem) {
    name = path
    do throws(SystemError) {
      descriptor =
        path == "-"
        ? Descriptor(borrowing: STDIN_FILENO) : try Descriptor(path: path, flags: O_RDONLY)
      status = try descriptor.status()
    } catch {
      throw .failed(error.reason)
    }
  }

  /// Whether it can be opened again, to be read from its start.
  var isRepeatable: Bool { status.isRegular && name != "-" }

  /// Says, as long as it lives, that the file is being read.
  var claim: InputClaim? { status.isRegular ? InputClaim(status.identity) : nil }

  /// Recognises the format, and makes what reads it.
  ///
  /// - Parameter mapped: how much of a mapped file is in memory at a time, about.
  func source(
    _ style: Style = .alone, mapped: Int = mostMapped
  ) throws(OpenProblem) -> any PacketSource {
    if status.isFolder { throw .failed(SystemError.folder.reason) }
    if let source = try self.mapped(style, mapped) { return source }
    return try streamed(blockSize: style == .glance ? 64 << 10 : StreamBuffer.blockSize)
  }

  /// What the source is for.
  enum Style {
    case alone
    /// One of many files, whose mappings do not hold descriptors.
    case amongMany
    /// A look at the first packet.
    case glance
  }

  /// `nil` where only a stream can be read. Standard input may stand anywhere in its file.
  private func mapped(
    _ style: Style, _ mapped: Int
  ) throws(OpenProblem) -> (any PacketSource)? {
    guard isRepeatable, status.size > 0,
      let file = MappedFile(
        descriptor, status, path: style == .alone ? nil : name, mapped: mapped)
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

  private func streamed(blockSize: Int) throws(OpenProblem) -> any PacketSource {
    let stream = DescriptorStream(descriptor, mayWait: !status.isRegular)
    let input = StreamBuffer(stream, blockSize: blockSize)
    try readStart(of: input)
    guard FileSignature(input.window.prefix) == .gzip else { return try streamed(input, stream) }
    let gzip = GzipStream(stream, prefix: input.takeAll())
    let content = StreamBuffer(gzip, blockSize: blockSize)
    do throws(OpenProblem) {
      try readStart(of: content)
      return try streamed(content, stream)
    } catch {
      throw error.inContent
    }
  }

  private func streamed(
    _ input: StreamBuffer, _ stream: DescriptorStream
  ) throws(OpenProblem) -> any PacketSource {
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
    case let other:
      // Too little of it came to tell.
      if other == .unknown, let failure = input.failure { throw .failed(failure) }
      throw refusal(of: other, start)
    }
  }

  /// Waits until there is enough to recognise the format by.
  private func readStart(of input: StreamBuffer) throws(OpenProblem) {
    while input.window.available < FileSignature.length {
      switch input.more(needed: FileSignature.length) {
      case .bytes, .nothingYet: continue
      case .end: break
      case .failed(let reason):
        if input.window.available == 0 { throw .failed(reason) }
      }
      break
    }
    if input.window.available == 0 { throw .failed("is empty") }
  }

  private func header(_ start: Window) throws(OpenProblem) -> PcapHeader {
    do throws(PcapHeader.Problem) {
      return try PcapHeader(start.prefix)
    } catch {
      throw .failed(error.reason)
    }
  }

  private func refusal(of signature: FileSignature, _ start: Window) -> OpenProblem {
    if case .foreign(let reason) = signature { return .otherFormat(reason) }
    if signature == .gzip { return .otherFormat("is gzip once more") }
    return .otherFormat("is not a capture file (starts with \(start.prefix.leadingHex))")
  }
}

/// Why an input cannot be read, in one clause.
enum OpenProblem: Error {
  /// It is no capture, or none that is read here.
  case otherFormat(String)
  /// It cannot be read, or breaks off before its format is known.
  case failed(String)

  var reason: String {
    switch self {
    case .otherFormat(let reason), .failed(let reason): reason
    }
  }

  /// The same of the content of a gzip file.
  fileprivate var inContent: Self {
    let reason = "the content of this gzip file \(reason)"
    switch self {
    case .otherFormat: return .otherFormat(reason)
    case .failed: return .failed(reason)
    }
  }
}

extension Window {
  /// As much of the beginning as a format is recognised by.
  fileprivate var prefix: [UInt8] {
    unsafe bytes.extracting(first: FileSignature.length).withUnsafeBytes { unsafe Array($0) }
  }
}
