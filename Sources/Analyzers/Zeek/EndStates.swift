import Analysis

/// How far one end of a connection came, as Zeek tells it: from its own SYN, FIN and reset, whatever
/// their numbers.
enum EndState {
  /// Nothing was seen of it; or, of a responder, only a bare ACK of the SYN.
  case inactive
  case synSent
  /// The originator began with SYN and ACK in one.
  case answerSent
  /// It spoke without a SYN.
  case partial
  case established
  /// It sent a FIN.
  case closed
  case reset
  /// It sent a FIN, and then a reset.
  case resetAfterFIN

  var isReset: Bool { self == .reset || self == .resetAfterFIN }
  /// Whether it never took part in a handshake.
  var isUnopened: Bool { self == .inactive || self == .partial }
}

/// The states of both ends at the end of a history. It holds all that moves them: the first segment
/// of each end, and each SYN, FIN and reset.
struct EndStates {
  private(set) var out = EndState.inactive
  private(set) var `in` = EndState.inactive

  init(_ socket: SocketInfo) {
    for (letter, sender) in socket.history.letters {
      take(letter, sender, hasReset: socket[sender].tcpFlags & TCPFlags.rst.rawValue != 0)
    }
  }

  private subscript(direction: Direction) -> EndState {
    get { direction == .out ? out : self.in }
    set { if direction == .out { out = newValue } else { self.in = newValue } }
  }

  /// - Parameter hasReset: whether the sender has sent a reset at any time.
  private mutating func take(
    _ letter: ConnectionHistory.Letter, _ sender: Direction, hasReset: Bool
  ) {
    switch letter {
    case .syn: opens(sender, isAnswer: false)
    case .answer: opens(sender, isAnswer: true)
    case .acknowledgment, .data: begins(sender, hasText: letter == .data)
    case .fin: closes(sender)
    case .reset, .inconsistent: resets(sender)
    case .multipleFlags: if hasReset { resets(sender) } else { closes(sender) }
    case .badChecksum, .gap, .retransmission, .zeroWindow, .partial, .flipped: break
    }
  }

  private mutating func opens(_ sender: Direction, isAnswer: Bool) {
    switch (self[sender], sender) {
    case (.inactive, .in):
      if out == .synSent { out = .established }
      self.in = .established
    case (.inactive, .out):
      // An established peer answered before: the SYN was overtaken.
      out = self.in == .established ? .established : isAnswer ? .answerSent : .synSent
    case (.partial, _):
      if !isAnswer, self[sender.reversed] == .inactive { self[sender] = .synSent }
    default: break
    }
  }

  /// Payload or a pure ACK, which matter where they are the first of an end.
  private mutating func begins(_ sender: Direction, hasText: Bool) {
    guard self[sender] == .inactive else { return }
    let peer = self[sender.reversed]
    // Some hosts acknowledge a SYN before they answer it.
    if peer == .synSent, sender == .in, !hasText { return }
    // Perhaps its SYN was not captured, but the answer to it was.
    self[sender] = peer == .established ? .established : .partial
  }

  private mutating func closes(_ sender: Direction) {
    guard self[sender] != .closed, !self[sender].isReset else { return }
    self[sender] = .closed
    // A FIN that its sender followed up with a reset was an ordinary end after all.
    if self[sender.reversed] == .resetAfterFIN { self[sender.reversed] = .closed }
  }

  private mutating func resets(_ sender: Direction) {
    if self[sender] != .closed {
      if !self[sender].isReset { self[sender] = .reset }
    } else if self[sender.reversed] != .closed {
      self[sender] = .resetAfterFIN
    }
  }
}
