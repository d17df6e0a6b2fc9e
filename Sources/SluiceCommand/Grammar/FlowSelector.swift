import Analysis
import ArgumentParser

/// `--flow ID`: one conversation, by its Community ID (`1:` and base64) or its decimal flow_id.
enum FlowSelector: Hashable, Sendable {
  case communityID(String)
  case flowID(UInt64)

  func matches(_ socket: SocketInfo) -> Bool {
    switch self {
    case .communityID(let text): Parts.communityID(of: socket) == text
    case .flowID(let number): socket.flowID == number
    }
  }
}

extension FlowSelector: ExpressibleByArgument {
  init?(argument: String) {
    if argument.hasPrefix("1:") {
      // The base64 of a SHA-1: 27 digits and one sign of padding.
      let digits = argument.dropFirst(2)
      guard digits.utf8.count == 28, digits.hasSuffix("="),
        digits.dropLast().utf8.allSatisfy(Self.isBase64)
      else { return nil }
      self = .communityID(argument)
    } else {
      guard argument.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(argument),
        number < 1 << 51
      else { return nil }
      self = .flowID(number)
    }
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case 43, 47, 48...57, 65...90, 97...122: true
    default: false
    }
  }
}
