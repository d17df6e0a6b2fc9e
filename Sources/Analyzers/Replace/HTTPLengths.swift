import Analysis

/// Notices edits that change the length of the body of an HTTP/1 message that announces it, by
/// `Content-Length` or as chunked.
///
/// It is a light look that costs streams without edits next to nothing. It sees messages that begin with a
/// chunk of the stream or right behind the one before, whose head is complete in that chunk, in streams
/// that begin with a message; and takes a chunked body to last until the next chunk that begins with a
/// message. It says nothing about edits in heads.
struct HTTPLengths {
  private enum State {
    /// Nothing was seen yet.
    case unknown
    case notHTTP
    /// A head, or a body that announces no length.
    case unannounced
    /// The stream offsets of a body that announces its length; without an end, of a chunked one.
    case body(Range<UInt64>)
  }

  private var state = State.unknown

  var mayBeHTTP: Bool { if case .notHTTP = state { false } else { true } }

  /// How many edits of bytes, the next ones of the stream, change an announced length.
  @inline(__always)
  mutating func changes(by edits: [Edit], in bytes: Span<UInt8>, at offset: UInt64) -> UInt64 {
    mayBeHTTP ? looked(at: bytes, offset, edits) : 0
  }

  private mutating func looked(
    at bytes: Span<UInt8>, _ offset: UInt64, _ edits: [Edit]
  ) -> UInt64 {
    if bytes.isEmpty { return 0 }
    var changes: UInt64 = 0
    var tallied = 0
    func tally(before place: Int, _ state: State) {
      while tallied < edits.count, edits[tallied].range.lowerBound < place {
        if case .body(let range) = state, edits[tallied].changesLength(of: range, at: offset) {
          changes += 1
        }
        tallied += 1
      }
    }
    var message = HTTPHead.begins(bytes, at: 0) ? 0 : followingMessage(in: bytes, offset)
    if case .unknown = state, message != 0 { state = .notHTTP }
    while let start = message {
      tally(before: start, state)
      state = .unannounced
      guard let head = HTTPHead(bytes, at: start) else { break }
      let begin = offset &+ UInt64(head.end)
      switch head.length {
      case .none: break
      case .counted(let length): state = .body(begin..<begin.addingClamped(length))
      case .chunked: state = .body(begin..<UInt64.max)
      }
      message = followingMessage(in: bytes, offset)
    }
    tally(before: .max, state)
    return changes
  }

  /// Where a message begins because an announced body has ended there.
  private func followingMessage(in bytes: Span<UInt8>, _ offset: UInt64) -> Int? {
    guard case .body(let range) = state, range.upperBound >= offset,
      range.upperBound - offset < UInt64(bytes.count)
    else { return nil }
    let place = Int(range.upperBound - offset)
    return HTTPHead.begins(bytes, at: place) ? place : nil
  }
}

extension Edit {
  fileprivate func changesLength(of body: Range<UInt64>, at offset: UInt64) -> Bool {
    replacement.count != range.count && body.contains(offset &+ UInt64(range.lowerBound))
  }
}

/// The head of an HTTP/1 message.
struct HTTPHead {
  enum Length: Hashable {
    /// There is no body, or it ends with the stream.
    case none
    case counted(UInt64)
    case chunked
  }

  /// Where it ends in the bytes that it was found in.
  let end: Int
  let length: Length

  private static let methods = [
    "HTTP/1.", "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ",
    "TRACE ",
  ].map { Array($0.utf8) }
  private static let emptyLine = LiteralSet("\r\n\r\n")
  private static let contentLength = LiteralSet("\r\ncontent-length:")
  private static let chunked = LiteralSet("\r\ntransfer-encoding: chunked")

  /// Whether a message begins there.
  static func begins(_ bytes: Span<UInt8>, at start: Int) -> Bool {
    let rest = bytes.extracting(droppingFirst: start)
    guard let first = rest.indices.first, (65...90).contains(rest[first]) else { return false }
    return methods.contains { rest.begins(with: $0) }
  }

  /// `nil` when it is not complete.
  init?(_ bytes: Span<UInt8>, at start: Int) {
    guard
      case .match(let empty, _) = Self.emptyLine.next(in: bytes, from: start, mayContinue: false)
    else { return nil }
    end = empty.upperBound
    let head = bytes.extracting(start..<end)
    if Self.hasNoBody(head) {
      length = .none
    } else if case .match = Self.chunked.next(in: head, from: 0, mayContinue: false) {
      length = .chunked
    } else if case .match(let name, _) = Self.contentLength.next(
      in: head, from: 0, mayContinue: false),
      let number = Self.number(in: head, at: name.upperBound)
    {
      length = .counted(number)
    } else {
      length = .none
    }
  }

  /// A response with status 1xx, 204 or 304 (RFC 9112 §6.3).
  private static func hasNoBody(_ head: Span<UInt8>) -> Bool {
    guard head.count > 12, head.begins(with: methods[0]) else { return false }
    let status = (head[9], head[10], head[11])
    return status.0 == 49 || status == (50, 48, 52) || status == (51, 48, 52)
  }

  private static func number(in head: Span<UInt8>, at start: Int) -> UInt64? {
    var digits: [UInt8] = []
    for index in start..<head.count where head[index] != 32 && head[index] != 9 {
      guard (48...57).contains(head[index]) else { break }
      digits.append(head[index])
    }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }
}

extension LiteralSet {
  /// One literal, in any case.
  fileprivate init(_ literal: String) {
    self.init([(Array(literal.utf8), 0)], isCaseless: true)
  }
}

extension Span<UInt8> {
  fileprivate func begins(with bytes: [UInt8]) -> Bool {
    guard count >= bytes.count else { return false }
    for index in bytes.indices where self[index] != bytes[index] { return false }
    return true
  }
}

extension UInt64 {
  fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
