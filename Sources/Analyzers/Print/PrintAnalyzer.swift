package import Analysis
import Buffers

/// Events as a person reads them, and the beginning of all data: the plain client of a socket
/// filter.
package struct PrintAnalyzer: Analyzer {
  package static let name = "print"
  package static let summary = "a line for each event and chunk, with the first 120 bytes as text"

  package init(_ options: Options) throws {}

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { SocketPrinter(socket) }
}

/// Prints what happens to one socket:
///
///     2026-11-23 08:43:45.123456 192.0.2.1:1234 -> 198.51.100.2:80 data 0+18 GET / HTTP/1.1....
final class SocketPrinter: SocketAnalyzer {
  var interest: Interest { [.all, .observing] }
  /// How much of a chunk is shown, in bytes.
  static let shownBytes = 120

  private let originator: String
  private let responder: String

  init(_ socket: SocketInfo) {
    originator = socket.originator.description
    responder = socket.responder.description
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    var line = head(at: context.time, chunk.direction)
    line.append("data ")
    line.append(decimal: chunk.offset)
    line.append(UInt8(ascii: "+"))
    line.append(decimal: chunk.bytes.count)
    line.append(UInt8(ascii: " "))
    for index in 0..<min(chunk.bytes.count, Self.shownBytes) {
      let byte = chunk.bytes[index]
      line.append((0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: "."))
    }
    context.print(String(line))
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    var line = head(at: context.time, event.direction)
    line.append(text: event.description)
    context.print(String(line))
  }

  /// Time and endpoints, up to where the event stands. The arrow shows the way of the bytes, and
  /// both ways when there is none.
  private func head(at time: Timestamp, _ direction: Direction?) -> TextBuffer {
    var line = TextBuffer()
    line.append(time, as: .text)
    line.append(UInt8(ascii: " "))
    line.append(text: originator)
    switch direction {
    case .out?: line.append(" -> ")
    case .in?: line.append(" <- ")
    case nil: line.append(" -- ")
    }
    line.append(text: responder)
    line.append(UInt8(ascii: " "))
    return line
  }
}
